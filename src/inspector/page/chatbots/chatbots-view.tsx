export function ChatbotsView() {
  return (
    <div class="view">
      <h1>chatbots</h1>
    </div>
  );
}
