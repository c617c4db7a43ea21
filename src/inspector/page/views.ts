// The views, by their paths.
export const VIEWS = [
  ['/requests', 'Requests'],
  ['/conversations', 'Conversations'],
  ['/chatbots', 'Chatbots & tokens'],
  ['/faults', 'Faults'],
  ['/state', 'State'],
] as const;

/** What the tab is called: the view, and before it the id of what is shown in full. */
export function titleOf(path: string): string {
  const [, view, id] = path.split('/');
  const [, name = 'No such view'] = VIEWS.find(([known]) => known === `/${view}`) ?? [];
  return [...(id ? [id.slice(0, 40)] : []), name, 'chatcaptain-stub'].join(' · ');
}
