export function RequestsView({ id }: { id: string | undefined }) {
  return (
    <div class="view">
      <h1>requests {id}</h1>
    </div>
  );
}
