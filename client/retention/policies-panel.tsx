import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { DeleteRetentionPolicyDocument, type RetentionPolicyFieldsFragment } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { Empty } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { NewPolicy } from './new-policy.tsx';
import { rulesOf, scopeOf } from './retention-words.ts';

interface Props {
  readonly policies: readonly RetentionPolicyFieldsFragment[];
  readonly refresh: () => void;
}

export function PoliciesPanel({ policies, refresh }: Props) {
  const [making, setMaking] = useState(false);
  const { dialogs } = usePage();
  const off = useGuard()('delete');
  const complain = useComplaint();
  const [, remove] = useMutation(DeleteRetentionPolicyDocument);

  function askToDelete({ id, name }: RetentionPolicyFieldsFragment): void {
    dialogs.question.set({
      title: `Delete the policy ${plainText(name)}?`,
      text: 'What it covered is kept from now on, unless another policy covers it.',
      action: 'Delete policy',
      run: async () => {
        const { error } = await remove({ id });
        if (error) complain('Not deleted', error);
        refresh();
      },
    });
  }
  const create = (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => setMaking(true)}
      disabled={off !== null}
      title={off ?? undefined}
    >
      New policy…
    </Button>
  );
  return (
    <Panel title="Policies" flush actions={policies.length === 0 ? undefined : create}>
      {policies.length === 0 ? (
        <Empty action={create}>No policies yet. Without one, everything is kept.</Empty>
      ) : (
        <DataTable
          cardsBelow="48em"
          head={
            <>
              <th scope="col">Policy</th>
              <th scope="col">Machines</th>
              <th scope="col">Keeps</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {policies.map((policy) => (
            <tr key={policy.id}>
              <th scope="row" className={cell.first}>
                <Name>{policy.name}</Name>
              </th>
              <td data-label="Machines">{scopeOf(policy)}</td>
              <td data-label="Keeps">{rulesOf(policy)}</td>
              <td className={cell.actions}>
                <Action label={`Delete ${plainText(policy.name)}`} press={() => askToDelete(policy)} off={off}>
                  Delete…
                </Action>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      {making && <NewPolicy close={() => setMaking(false)} done={refresh} />}
    </Panel>
  );
}
