export function FaultsView() {
  return (
    <div class="view">
      <h1>faults</h1>
    </div>
  );
}
