// The heads of arrows: defined once in a picture, for each kind of line; a line names its own by `url(#arrow-<kind>)`.

export function ArrowHeads({ kinds, size }: { kinds: readonly string[]; size: number }) {
  return (
    <defs>
      {kinds.map((kind) => (
        <marker
          key={kind}
          id={`arrow-${kind}`}
          class={`arrow ${kind}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth={size}
          markerHeight={size}
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0.500 0.500 7.500 4 0.500 7.500z" />
        </marker>
      ))}
    </defs>
  );
}
