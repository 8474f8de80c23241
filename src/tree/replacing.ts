// replacing.ts: the services that a new definition removes or replaces just now.

import type { Child } from "./service.ts";

/** When each of them is replaced, or gone: what the user asks of it meanwhile is asked of what takes its place. */
export const replacements = new WeakMap<Child, Promise<void>>();
