import { useState } from 'preact/hooks';
import type { FaultResource } from '../../../control/faults/routes.ts';
import { ask } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { FormEnd } from '../parts/form-end.tsx';
import { useAct } from '../parts/use-act.ts';
import { DelayFields } from './delay-fields.tsx';
import { EffectFields } from './effect-fields.tsx';
import { emptyForm, type FaultForm, faultFrom, type Mistakes, type NewFault, PRESETS, presetOf } from './form.ts';
import { MatchFields } from './match-fields.tsx';

export interface FaultDialogProps {
  chatbotId: string | undefined;
  onMade: (fault: FaultResource) => void;
  onClose: () => void;
}

/** Makes a fault: a preset first, and then what is to be different about it. */
export function FaultDialog({ chatbotId, onMade, onClose }: FaultDialogProps) {
  const [form, setForm] = useState(() => emptyForm(chatbotId));
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const { mutate, isPending, error } = useAct<NewFault, FaultResource>({
    act: (body) => ask('POST', '/faults', { body }),
    changes: ['faults'],
    said: () => 'Fault made',
    onDone: onMade,
  });
  const change = (changed: Partial<FaultForm>): void => setForm({ ...form, ...changed });
  const preset = presetOf(form);

  return (
    <Dialog title="Make a fault" isOpen isWide onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const read = faultFrom(form);
          setMistakes('mistakes' in read ? read.mistakes : {});
          if ('fault' in read) return mutate(read.fault);
          const { currentTarget } = event;
          setTimeout(() => currentTarget.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
        }}
      >
        <fieldset>
          <legend>Begin with</legend>
          <div class="choices">
            {PRESETS.map(([name, changed]) => (
              <label key={name} class="choice">
                <input type="radio" name="preset" checked={name === preset} onChange={() => change(changed)} />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
        <EffectFields form={form} mistakes={mistakes} onChange={change} />
        <DelayFields form={form} onChange={change} />
        <MatchFields value={form.match} onChange={(match) => change({ match })} />
        <fieldset>
          <legend>How often</legend>
          <div class="form-row">
            <label>
              Times
              <input
                type="number"
                min={1}
                value={form.times}
                placeholder="Without end"
                onInput={({ currentTarget }) => change({ times: currentTarget.value })}
              />
            </label>
            <label>
              Probability (above 0, up to 1)
              <input
                type="number"
                step="any"
                min={0}
                max={1}
                value={form.probability}
                placeholder="1"
                onInput={({ currentTarget }) => change({ probability: currentTarget.value })}
              />
            </label>
          </div>
        </fieldset>
        <FormEnd error={error} isPending={isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
