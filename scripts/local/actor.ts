import { hostname, userInfo } from 'node:os';

/** Who does it, for the audit: `user@host`. */
export function localActor(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container may run as a user without a name
  }
}
