export function SequenceView() {
  return <p class="empty">soon</p>;
}
