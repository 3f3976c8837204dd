import { BusyError, type AbortOptions } from '@crrg/core';

interface Waiting<Member> {
  resolve(member: Member): void;
  reject(error: unknown): void;
}

/**
 * Hands the free members of a pool to calls, first come, first served; a bounded number of calls waits. The member that was free for the
 * shortest time goes first: it is warm.
 */
export class PoolQueue<Member> {
  private readonly free: Member[] = [];
  private readonly waiting: Waiting<Member>[] = [];

  /** @param size only for messages */
  constructor(
    private readonly maxQueue: number,
    private readonly size: number,
  ) {}

  get waitingCount(): number {
    return this.waiting.length;
  }

  get freeCount(): number {
    return this.free.length;
  }

  /** A member for one call. A call that is aborted while it waits leaves at once. @throws {BusyError} where too many wait */
  take({ signal }: AbortOptions): Promise<Member> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const member = this.free.pop();
    if (member) return Promise.resolve(member);
    const { maxQueue, size } = this;
    const waiting = this.waiting.length;
    if (waiting >= maxQueue)
      return Promise.reject(
        new BusyError(
          `pipeline.pool: expected room for one more call, got ${size} at work and ${waiting} waiting, the most that may; try again later, or raise maxQueue.`,
          { details: { waiting, maxQueue, size } },
        ),
      );
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal!.reason as Error);
      };
      const entry = {
        resolve: (given: Member) => {
          signal?.removeEventListener('abort', leave);
          resolve(given);
        },
        reject: (error: unknown) => {
          signal?.removeEventListener('abort', leave);
          reject(error as Error);
        },
      };
      signal?.addEventListener('abort', leave);
      this.waiting.push(entry);
    });
  }

  /** A member that can take a call. */
  give(member: Member): void {
    const next = this.waiting.shift();
    if (next) next.resolve(member);
    else this.free.push(member);
  }

  /** Takes a member out where it is free; whether it was. */
  remove(member: Member): boolean {
    const at = this.free.indexOf(member);
    if (at >= 0) this.free.splice(at, 1);
    return at >= 0;
  }

  /** Rejects every call that waits. */
  rejectAll(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
