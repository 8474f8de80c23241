// Mounts the page, and connects.

import { render } from "preact";
import { App } from "./app.tsx";
import { followPlace } from "./model/place.ts";

render(<App />, document.getElementById("app")!);
followPlace();
