import { type KeyboardEvent, type RefObject, useId, useState } from 'react';
import { Action } from './action.tsx';
import { Icon } from './icon.tsx';
import styles from './multi-select.module.css';

interface Option {
  readonly value: string;
  readonly label: string;
}

interface Props {
  readonly label: string;
  readonly placeholder: string;
  readonly options: readonly Option[];
  readonly chosen: readonly string[];
  readonly choose: (values: readonly string[]) => void;
  readonly input: RefObject<HTMLInputElement | null>;
}

/** As many as a person looks through; the rest is found by typing. */
const listed = 100;

/** Some of many, found by typing a part of their names (WAI-ARIA: editable combobox with a listbox). */
export function MultiSelect({ label, placeholder, options, chosen, choose, input }: Props) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  /** The option that Enter takes; -1 before an arrow was pressed. */
  const [at, setAt] = useState(-1);
  const id = useId();
  const wanted = text.trim().toLowerCase();
  const picked = new Set(chosen);
  const found = options.filter(({ value, label: name }) => !picked.has(value) && name.toLowerCase().includes(wanted));
  const shown = found.slice(0, listed);

  function close(): void {
    setOpen(false);
    setAt(-1);
  }
  function pick(option: Option | undefined): void {
    if (!option) return;
    choose([...chosen, option.value]);
    setText('');
    setAt(-1);
  }
  function press(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setOpen(true);
      const next = shown.length === 0 ? -1 : (Math.max(at, step > 0 ? -1 : 0) + step + shown.length) % shown.length;
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      pick(shown[at] ?? (wanted !== '' && shown.length === 1 ? shown[0] : undefined));
    } else if (event.key === 'Escape' && open) close();
    else if (event.key === 'Backspace' && text === '') choose(chosen.slice(0, -1));
  }

  return (
    <div className={styles.place}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the field is a click into it */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has the field */}
      <div className={styles.field} onClick={() => input.current?.focus()}>
        {chosen.map((value) => (
          <span key={value} className={styles.chip}>
            <bdi>{options.find((option) => option.value === value)?.label ?? value}</bdi>
            <button
              type="button"
              aria-label={`Remove ${options.find((option) => option.value === value)?.label ?? value}`}
              onClick={() => choose(chosen.filter((each) => each !== value))}
            >
              <Icon name="cross" size={12} />
            </button>
          </span>
        ))}
        <input
          ref={input}
          role="combobox"
          aria-label={label}
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={chosen.length === 0 ? placeholder : ''}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            setOpen(true);
            setAt(-1);
          }}
          onClick={() => setOpen(true)}
          onKeyDown={press}
          onBlur={close}
        />
        {chosen.length > 0 ? (
          <Action label="Clear selection" icon="cross" press={() => choose([])} />
        ) : (
          <span className={styles.chevron}>
            <Icon name="down" />
          </span>
        )}
      </div>
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: a press on the list leaves the focus in the field
        <div className={styles.drop} onMouseDown={(event) => event.preventDefault()}>
          <div role="listbox" id={`${id}-list`} aria-label={label} aria-multiselectable="true">
            {shown.map((option, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
              // biome-ignore lint/a11y/useFocusableInteractive: the field above has the focus and names the option
              <div
                key={option.value}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                className={styles.option}
                onClick={() => pick(option)}
              >
                <bdi>{option.label}</bdi>
              </div>
            ))}
          </div>
          {found.length === 0 && <p className={styles.note}>No match</p>}
          {found.length > listed && (
            <p className={styles.note}>
              Listing {listed} of {found.length}. Type a part of a name to find the others.
            </p>
          )}
        </div>
      )}
    </div>
  );
}
