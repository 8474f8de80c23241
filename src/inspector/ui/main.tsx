// The page: mounts it, and connects.

import { render } from "preact";
import { App } from "./app.tsx";
import { store } from "./model/store.ts";

render(<App />, document.getElementById("app")!);
store.connect();
