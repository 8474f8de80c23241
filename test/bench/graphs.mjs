// The shapes of dependencies that the bench starts.

/** Each service depends on the one before it. */
export function chainOf(n) {
  return Array.from({ length: n }, (_, i) => ({ name: `n${i}`, dependsOn: i === 0 ? [] : [`n${i - 1}`] }));
}

/** Each service depends on three of the layer below. */
export function layersOf(layers, width) {
  return Array.from({ length: layers * width }, (_, i) => {
    const [layer, place] = [Math.floor(i / width), i % width];
    const below = (k) => `n${(layer - 1) * width + ((place + k) % width)}`;
    return { name: `n${i}`, dependsOn: layer === 0 ? [] : [below(0), below(1), below(2)] };
  });
}
