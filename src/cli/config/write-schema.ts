// write-schema.ts: a part of the build that writes the JSON Schema of config files to the path it is given.

import { writeFileSync } from "node:fs";
import { toJsonSchema } from "./schema.ts";

writeFileSync(process.argv[2]!, `${JSON.stringify(toJsonSchema(), null, 2)}\n`);
