// probe-schema.ts: the schema of the probes of a config file, and of commands and environments, which processes have, too.

import * as z from "zod";
import { ranges } from "../../contract/ranges.ts";
import { described, numberIn, objectOf, toJsonRange, wait } from "./fields.ts";

/** The library checks that there is a program in it. */
export const words = z
  .array(z.union([z.string(), z.number()]))
  .meta({ prefixItems: [{ type: "string", minLength: 1 }], minItems: 1 });

export const environment = z.record(
  z.string().regex(/^[^=]+$/, 'must be the name of a variable: not empty, without "="'),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

const probeOptions = {
  intervalMs: wait("duration", "From the end of one check to the start of the next. Default 1000."),
  timeoutMs: wait("positive", "A check that takes longer has failed. Default 1000."),
  initialDelayMs: wait("duration", "From ready to the first check. Default 0."),
  failureThreshold: described(numberIn(ranges.threshold), "Failures in a row that count. Default 3."),
  successThreshold: described(numberIn(ranges.threshold), "Passes in a row that count. Default 1."),
};

const probeKinds = ["http", "tcp", "exec"];
export const probe = (text: string) =>
  z
    .union([
      objectOf(
        {
          http: z.string().meta({ description: "A URL that must answer with a status of 200 to 399.", format: "uri" }),
          ...probeOptions,
        },
        probeKinds,
      ),
      objectOf(
        {
          tcp: z
            .union([
              z.number().meta(toJsonRange(ranges.port)),
              z.string().regex(/^(\S+:)?\d+$/, 'must be a port, or "host:port"'),
            ])
            .meta({ description: 'A port, or "host:port", that must accept a connection.' }),
          ...probeOptions,
        },
        probeKinds,
      ),
      objectOf(
        {
          exec: words.meta({ ...words.meta(), description: "A program that must exit with 0." }),
          cwd: z
            .string()
            .optional()
            .meta({ description: "Relative to the config file. Default: that of the service." }),
          env: environment.optional().meta({ description: "Added to the environment of the service." }),
          ...probeOptions,
        },
        probeKinds,
      ),
    ])
    .optional()
    .meta({ description: text });
