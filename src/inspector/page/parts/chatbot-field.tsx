import { useChatbotIds } from './pages.ts';
import { SearchField } from './search-field.tsx';

/** The filter by chatbot, which offers those that there are. */
export function ChatbotField({
  label = 'Chatbot',
  value,
  placeholder = 'Any',
  onChange,
}: {
  label?: string;
  value: string | undefined;
  placeholder?: string;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <SearchField
      label={label}
      value={value ?? ''}
      placeholder={placeholder}
      offers={useChatbotIds()}
      onChange={(text) => onChange(text || undefined)}
    />
  );
}
