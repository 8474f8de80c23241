export function LogView() {
  return <p class="empty">soon</p>;
}
