// What the linters of documents still warn of, and why it stays: explained.json.
import explained from '../explained.json' with { type: 'json' };
import { againstList } from '../listed.ts';
import { DOCUMENTS, type DocumentPath } from '../target.ts';
import type { Outcome } from '../tool.ts';

/** Something that a linter found. */
export interface Finding {
  /** The name of a document's file, with or without folders. */
  file: string;
  rule: string;
  /** A JSON pointer. */
  place: string;
  isError: boolean;
}

export const ALL_DOCUMENTS = Object.keys(DOCUMENTS) as DocumentPath[];

export function outcomeOf(linter: string, findings: readonly Finding[]): Outcome {
  const inWords = ({ file, rule, place }: Finding) => `${documentIn(file)}: ${rule} at ${place}`;
  const warnings = findings.filter(({ isError }) => !isError).map(inWords);
  const listed = explained
    .filter((one) => one.linter === linter)
    .flatMap(({ documents, rule, place }) => documents.map((document) => `${document}: ${rule} at ${place}`));
  return {
    checked: `${ALL_DOCUMENTS.length} documents, with its recommended rules`,
    result: `no error; ${warnings.length} warnings, each explained`,
    faults: [
      ...findings.filter(({ isError }) => isError).map((one) => `error: ${inWords(one)}`),
      ...againstList(warnings, listed, 'explained.json'),
    ],
  };
}

function documentIn(file: string): string {
  return (
    ALL_DOCUMENTS.find((document) => file.endsWith(`/${DOCUMENTS[document]}`) || file === DOCUMENTS[document]) ?? file
  );
}
