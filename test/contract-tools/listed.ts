// Lists in this folder of what the tools may find, each with the reason. Nothing else may come, and all of it must.

/** What stands on a list and was not found, and what was found and does not stand there. */
export function againstList(found: readonly string[], listed: readonly string[], list: string): string[] {
  const isUnlisted = (one: string) => !listed.includes(one);
  const isGone = (one: string) => !found.includes(one);
  return [
    ...found.filter(isUnlisted).map((one) => `not in ${list}: ${one}`),
    ...listed.filter(isGone).map((one) => `in ${list}, but no longer so: ${one}`),
  ];
}
