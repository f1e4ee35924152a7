import { SessionDocument } from '../api/generated/graphql.ts';
import { readToken } from '../api/token.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { Failure, Loading } from '../ui/answer-states.tsx';
import { Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './settings.module.css';
import { TokenForm } from './token-form.tsx';

const roles = {
  VIEWER: 'Viewer: read-only',
  OPERATOR: 'Operator: can trigger, cancel and verify dumps',
  ADMIN: 'Admin: full access',
};

/** Who is signed in, and signing in and out. */
export function AccessPanel() {
  const { data, error, refresh } = useFreshQuery(SessionDocument, {}, ['access']);
  const session = data?.session;
  return (
    <Panel title="Access">
      {error && !session ? (
        <Failure error={error} retry={refresh} />
      ) : !session ? (
        <Loading lines={3} />
      ) : (
        <div className={styles.access}>
          <Facts
            facts={[
              ['Signed in as', plainText(session.name)],
              ['Role', roles[session.role]],
              [
                'Tokens',
                session.tokenRequired
                  ? 'Required to sign in.'
                  : 'Not required: anyone who can reach this address has full access.',
              ],
            ]}
          />
          {(session.tokenRequired || readToken() !== null) && <TokenForm />}
        </div>
      )}
    </Panel>
  );
}
