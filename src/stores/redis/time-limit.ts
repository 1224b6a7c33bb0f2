// stores/redis: imports core, contracts and this folder only.

/**
 * Waits for a reply, and no longer than the limit: a driver that has lost its connection may keep a command for as long as it
 * takes to connect anew. What was sent may still be done.
 */
export async function withTimeLimit<T>(milliseconds: number, reply: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no reply within ${milliseconds} milliseconds`));
    }, milliseconds);
  });
  try {
    return await Promise.race([reply, limit]);
  } finally {
    clearTimeout(timer);
  }
}
