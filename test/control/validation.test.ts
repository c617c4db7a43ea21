import { Type } from '@sinclair/typebox';
import t from 'tap';
import { mistakesIn } from '../../src/control/validation.ts';

const Schema = Type.Object(
  {
    name: Type.String(),
    kind: Type.Optional(Type.Literal('only')),
    size: Type.Optional(
      Type.Union([Type.Integer(), Type.Object({ exactly: Type.Integer() }, { additionalProperties: false })], {
        expected: 'a whole number, or {"exactly": a whole number}',
      }),
    ),
  },
  { additionalProperties: false },
);

t.test('every mistake is named once, with its place and what would be right', async (t) => {
  const rows: [data: unknown, mistakes: [pointer: string, detail: RegExp][]][] = [
    [{ name: 'a', size: { exactly: 1 } }, []],
    [{}, [['', /^lacks name$/]]],
    [{ name: 5 }, [['/name', /^must be string$/]]],
    [{ name: 'a', nmae: 'b' }, [['', /^has an unknown property nmae \(did you mean name\?\)$/]]],
    [{ name: 'a', colour: 1 }, [['', /unknown property colour \(there are name, kind, size\)$/]]],
    [{ name: 'a', kind: 'other' }, [['/kind', /^must be "only"$/]]],
    [{ name: 'a', size: 'big' }, [['/size', /^must be a whole number, or \{"exactly"/]]],
    [{ name: 'a', size: { exactly: 'x', other: 1 } }, [['/size', /^must be a whole number, or/]]],
    [
      { size: 'big', kind: 1 },
      [
        ['', /^lacks name$/],
        ['/kind', /^must be "only"$/],
        ['/size', /^must be a whole number, or/],
      ],
    ],
    ['text', [['', /^must be object$/]]],
  ];
  for (const [data, mistakes] of rows) {
    const found = mistakesIn(Schema, data);
    t.equal(found.length, mistakes.length, JSON.stringify(data));
    for (const [index, [pointer, detail]] of mistakes.entries()) t.match(found[index], { pointer, detail });
  }
});
