// A list of names with their values.

export type Fact = readonly [name: string, value: string];

export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function limit(count: number | null): string {
  return count === null ? "no limit" : String(count);
}
