// terminal-owners.ts: the services that read from the terminal of `up`: only one may.

import type { ChildSpec, SupervisorSpec } from "../../contract/spec.ts";
import { madeFrom } from "../../node/index.ts";

/** The paths of the processes with `stdin: inherit` or `stdin: tty`, below the root. */
export function terminalOwners(spec: SupervisorSpec): string[] {
  const ownersIn = (children: readonly ChildSpec[], parent: string): string[] =>
    children.flatMap((child) => {
      const path = `${parent}${child.name}`;
      if (child.services !== undefined) return ownersIn(child.services, `${path}/`);
      const made = madeFrom(child);
      const { stdin } = (made?.maker === "defineProcess" ? made.args[0] : {}) as { stdin?: unknown };
      return stdin === "inherit" || stdin === "tty" ? [path] : [];
    });
  return ownersIn(spec.services ?? [], "");
}
