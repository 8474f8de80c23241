export function ChartView() {
  return <p class="empty">soon</p>;
}
