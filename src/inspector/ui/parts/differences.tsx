// A list of differences: what was, and what is.

import type { Difference } from "../model/diff.ts";

export function Differences({ all }: { all: readonly Difference[] }) {
  return (
    <ul class="differences">
      {all.map(({ path, before, after }) => (
        <li key={path}>
          <code class="what">{path === "" ? "all of it" : path}</code>
          {before !== null && <del>{before}</del>}
          {after !== null && <ins>{after}</ins>}
        </li>
      ))}
    </ul>
  );
}
