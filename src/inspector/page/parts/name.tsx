/** A text of others within a sentence: on one line, and in full under the pointer. */
export function Name({ text }: { text: string }) {
  return (
    <bdi class="name" title={text}>
      {text}
    </bdi>
  );
}
