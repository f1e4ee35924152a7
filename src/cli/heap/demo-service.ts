/*
 * A service with a leak, for `memoir heap demo`: it remembers every session and forgets none. It ends when its standard input
 * does, so that nothing is left when the demo is killed.
 */
class Session {
  readonly id: number;
  readonly user: string;
  readonly basket: string[];

  constructor(id: number) {
    this.id = id;
    this.user = `user ${id}`;
    this.basket = [`item ${id}`, `item ${id + 1}`];
  }
}

class SessionStore {
  readonly sessions = new Map<number, Session>();

  open(id: number): void {
    this.sessions.set(id, new Session(id));
  }
}

const store = new SessionStore();
setInterval(() => {
  for (let more = 0; more < 500; more++) store.open(store.sessions.size);
}, 100);
process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write('ready\n');
