export function ConversationsView({ id }: { id: string | undefined }) {
  return (
    <div class="view">
      <h1>conversations {id}</h1>
    </div>
  );
}
