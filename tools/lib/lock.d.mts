/** The process that holds a lock, and when it was started, where the system says so. */
export interface Owner {
  readonly pid: number;
  readonly started?: string;
}

export function underLock<T>(path: string, work: () => T | Promise<T>, onWait?: (pid: number) => void): Promise<T>;

export function isAlive(owner: Owner): boolean;
