// The session that cells have: opening it, and saying what happens to it.
//
// Owns: the session. Does not own: how it comes back to its head (the SDK does that), what is news (session-news.ts).
// Callers: the prompt, scripts, `.connect`.

import { type ConnectOptions, connect, type Session, type SessionEvent } from '../../sdk/index.ts';
import { unlessInterrupted } from './interruptible.ts';
import { SessionNews } from './session-news.ts';

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

  /**
   * Opens a session; the one before is closed when there is a new one.
   *
   * @param signal - ends the wait for it, and then the one before stays.
   * @throws ConnectionError and the like.
   */
  async open(options: ConnectOptions, signal: AbortSignal = new AbortController().signal): Promise<Session> {
    const opening = connect(options);
    const session = await unlessInterrupted(opening, signal).catch((error: unknown) => {
      opening.then((late) => late.close()).catch(() => {});
      throw error;
    });
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
    const news = new SessionNews(session.cluster);
    for await (const event of session.events()) {
      if (session !== this.#session) return;
      this.#onEvent(event);
      const told = news.of(event, performance.now());
      if (told !== undefined) this.#note(told);
    }
  }

  #onEvent(event: SessionEvent): void {
    if (event.type === 'worker.leased') this.#leased++;
    else if (event.type === 'worker.released' || event.type === 'worker.lost') this.#leased--;
    else if (event.type === 'task.stray-error') this.#onStray(event.error);
  }
}

/** What a session is, in a few words. */
export function aboutSession({ cluster, workers }: Session): string {
  const many = `${workers} worker${workers === 1 ? '' : 's'}`;
  return cluster === 'embedded' ? `${many}, threads of this process` : `${many} at ${cluster}`;
}
