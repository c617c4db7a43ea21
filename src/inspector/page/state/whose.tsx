/** Whose state is meant: a chatbot's, or that of everything. */
export function Whose({ chatbotId, otherwise }: { chatbotId: string | undefined; otherwise: string }) {
  if (chatbotId === undefined) return <>{otherwise}</>;
  return (
    <bdi class="whose" title={chatbotId}>
      {chatbotId}
    </bdi>
  );
}
