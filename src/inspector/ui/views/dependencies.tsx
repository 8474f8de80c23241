export function DependenciesView() {
  return <p class="empty">soon</p>;
}
