export function StateView() {
  return (
    <div class="view">
      <h1>state</h1>
    </div>
  );
}
