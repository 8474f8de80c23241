export function TimelineView() {
  return <p class="empty">soon</p>;
}
