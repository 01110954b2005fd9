// The session that cells have: opening it, and saying what happens to it.
//
// Owns: the session. Does not own: how it comes back to its head (the SDK does that).
// Callers: the prompt, scripts, `.connect`.

import { type ConnectOptions, connect, type Session, type SessionEvent } from '../../sdk/index.ts';

/** Told what happened, in a sentence. */
export type Note = (text: string) => void;

export class Connection {
  readonly #note: Note;
  readonly #onStray: (error: unknown) => void;
  #session: Session | undefined;
  #options: ConnectOptions = {};
  #leased = 0;

  /** @param onStray - gets rejections that nobody handled, of tasks. */
  constructor(note: Note, onStray: (error: unknown) => void) {
    this.#note = note;
    this.#onStray = onStray;
  }

  get session(): Session {
    if (this.#session === undefined) throw new Error('The session is not open yet');
    return this.#session;
  }

  /** How many workers it holds now. */
  get leased(): number {
    return this.#leased;
  }

  /** The address as it was given; undefined for threads of this process. */
  get address(): string | undefined {
    return this.#session?.cluster === 'embedded'
      ? undefined
      : (this.#options.address ?? process.env['GRIDBOOK_ADDRESS']);
  }

  /** Opens a session; the one before is closed when there is a new one. @throws ConnectionError and the like. */
  async open(options: ConnectOptions): Promise<Session> {
    const session = await connect(options);
    await this.#session?.close();
    this.#session = session;
    this.#options = options;
    this.#leased = 0;
    void this.#watch(session);
    return session;
  }

  close(): Promise<void> | undefined {
    return this.#session?.close();
  }

  async #watch(session: Session): Promise<void> {
    for await (const event of session.events()) {
      if (session !== this.#session) return;
      this.#onEvent(event, session);
    }
  }

  #onEvent(event: SessionEvent, session: Session): void {
    switch (event.type) {
      case 'worker.leased':
        this.#leased++;
        break;
      case 'worker.released':
        this.#leased--;
        break;
      case 'worker.lost':
        this.#leased--;
        if (event.reason !== 'killed') this.#note(`${sentence(event.message)}; its tasks run elsewhere`);
        break;
      case 'head.lost':
        this.#note(`The head at ${session.cluster} cannot be reached. What runs goes on; it is tried again`);
        break;
      case 'head.found':
        this.#note(`The head at ${session.cluster} is back`);
        break;
      case 'task.stray-error':
        this.#onStray(event.error);
        break;
    }
  }
}

/** What a session is, in a few words. */
export function aboutSession({ cluster, workers }: Session): string {
  const many = `${workers} worker${workers === 1 ? '' : 's'}`;
  return cluster === 'embedded' ? `${many}, threads of this process` : `${many} at ${cluster}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
