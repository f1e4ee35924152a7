// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, renderHook, screen } from '@testing-library/react';
import { createRef, useState } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { useSelection } from '../../client/records/use-selection.ts';
import { createIdSet } from '../../client/state/id-set.ts';
import { MultiSelect } from '../../client/ui/multi-select.tsx';

afterEach(cleanup);

describe('the selection of dumps', () => {
  it('takes one, a range with Shift, all, and forgets what is no longer on the page', () => {
    const { result, rerender } = renderHook(({ ids }) => useSelection(ids), {
      initialProps: { ids: ['a', 'b', 'c', 'd', 'e'] },
    });
    act(() => result.current.toggle('b', true, false));
    act(() => result.current.toggle('d', true, true));
    expect([...result.current.chosen]).toEqual(['b', 'c', 'd']);
    act(() => result.current.toggle('c', false, false));
    expect([...result.current.chosen]).toEqual(['b', 'd']);
    rerender({ ids: ['d', 'e'] });
    expect([...result.current.chosen]).toEqual(['d']);
    act(() => result.current.set(['d', 'e']));
    expect(result.current.chosen.size).toBe(2);
  });
});

describe('ids that a browser remembers', () => {
  it('are there again after a reload, the newest of them, whatever else is stored there', () => {
    localStorage.setItem('memoir.odd', '{"not":"a list"}');
    expect(createIdSet('odd').get().size).toBe(0);
    const ids = createIdSet('dismissed');
    ids.add(Array.from({ length: 600 }, (_, index) => `id-${index}`));
    ids.delete(['id-599']);
    const again = createIdSet('dismissed').get();
    expect([again.size, again.has('id-598'), again.has('id-599'), again.has('id-0')]).toEqual([
      499,
      true,
      false,
      false,
    ]);
  });
});

describe('the selector of machines', () => {
  function Selector({ count }: { readonly count: number }) {
    const [chosen, choose] = useState<readonly string[]>([]);
    const options = Array.from({ length: count }, (_, index) => ({ value: `${index}`, label: `node-${index}` }));
    return (
      <MultiSelect
        label="Machines"
        placeholder="Select machines…"
        options={options}
        chosen={chosen}
        choose={choose}
        input={createRef()}
      />
    );
  }
  const field = () => screen.getByRole('combobox', { name: 'Machines' });
  const options = () => screen.queryAllByRole('option').map(({ textContent }) => textContent);
  const key = (name: string) => fireEvent.keyDown(field(), { key: name });

  it('says that it lists a part of them, and finds the others by typing', () => {
    HTMLElement.prototype.scrollIntoView ??= () => {};
    render(<Selector count={230} />);
    fireEvent.click(field());
    expect(options()).toHaveLength(100);
    expect(screen.getByText(/Listing 100 of 230/)).toBeTruthy();
    fireEvent.change(field(), { target: { value: '229' } });
    expect(options()).toEqual(['node-229']);
    expect(screen.queryByText(/Listing/)).toBeNull();
    fireEvent.change(field(), { target: { value: 'nowhere' } });
    expect(screen.getByText('No match')).toBeTruthy();
  });

  it('is used by keys alone: arrows, Enter, Backspace, Escape', () => {
    HTMLElement.prototype.scrollIntoView ??= () => {};
    render(<Selector count={3} />);
    key('ArrowDown');
    key('ArrowDown');
    const active = field().getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)?.textContent).toBe('node-1');
    key('Enter');
    expect(options()).toEqual(['node-0', 'node-2']);
    expect(screen.getByRole('button', { name: 'Remove node-1' })).toBeTruthy();
    key('Backspace');
    expect(options()).toEqual(['node-0', 'node-1', 'node-2']);
    key('Escape');
    expect(field().getAttribute('aria-expanded')).toBe('false');
  });
});
