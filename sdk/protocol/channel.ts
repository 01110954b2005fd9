// One way to carry frames between a session and a worker, whatever lies between them.

/** A frame, and the memory that it refers to by index. */
export interface Frame {
  /** The frame itself. Who sends it gives it away: it must not be touched afterwards. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Stored objects, frames of one value each: in memory that both sides see, or brought along by the channel. */
  readonly shared: readonly Uint8Array[];
}

export interface Channel {
  /** Whether what a frame refers to is copied each time that it is sent. @default false */
  readonly copies?: boolean;
  /** Sends a frame; frames arrive in the order of sending, or the channel is lost. */
  send(frame: Frame): void;
  /** Called for each frame that arrives. */
  onFrame: (frame: Frame) => void;
  /** Gives back the memory of a frame that arrived and that nobody looks at any more. */
  recycle?(frame: Frame): void;
  /** Memory for a frame that the other side gave back; what it holds has no meaning. */
  takeMemory?(byteLengthMin: number): ArrayBuffer | undefined;
  /** Whether the channel keeps the process running. */
  setBusy(busy: boolean): void;
}
