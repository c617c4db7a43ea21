/**
 * A permission held on a resource.
 *
 * `permission` is dotted segments (`chatbots.inbox.conversations.create`). A `*` stands for one whole segment, and as
 * the last one for all that follow: `chatbots.inbox.*`, `*`. `resource` is `kind/id` (`chatbots/abc`), split at its
 * first slash; the id `*` stands for every resource of the kind.
 */
export interface Grant {
  permission: string;
  resource: string;
}

const PERMISSION = /^(?:[A-Za-z0-9_-]+|\*)(?:\.(?:[A-Za-z0-9_-]+|\*))*$/;
const RESOURCE = /^[A-Za-z0-9_-]+\/.+$/su;

/** What is wrong with a grant, in words, or `undefined` when nothing is. */
export function problemWithGrant({ permission, resource }: Grant): string | undefined {
  if (!PERMISSION.test(permission)) {
    return `permission ${JSON.stringify(permission)} must be dotted segments such as chatbots.inbox.conversations.create, chatbots.inbox.* or *`;
  }
  if (!RESOURCE.test(resource)) {
    return `resource ${JSON.stringify(resource)} must be a kind and an id such as chatbots/ID, or chatbots/* for all`;
  }
  return undefined;
}

/** The first of `grants` that allows `required.permission` on `required.resource`, if any does. */
export function findGrant(grants: readonly Grant[], required: Grant): Grant | undefined {
  return grants.find(
    (grant) =>
      permissionCovers(grant.permission, required.permission) && resourceCovers(grant.resource, required.resource),
  );
}

/** Whether a held permission covers a required one. Segments are compared whole: `chatbots.inbox` covers nothing below it. */
export function permissionCovers(held: string, required: string): boolean {
  const heldSegments = held.split('.');
  const requiredSegments = required.split('.');
  const last = heldSegments.length - 1;
  for (let index = 0; index <= last; index++) {
    const [segment, other] = [heldSegments[index], requiredSegments[index]];
    if (other === undefined) return false;
    if (segment === '*' && index === last) return true;
    if (segment !== '*' && segment !== other) return false;
  }
  return heldSegments.length === requiredSegments.length;
}

/** Whether a held resource covers a required one, as the pair (kind, id). */
export function resourceCovers(held: string, required: string): boolean {
  const [heldKind, heldId] = splitResource(held);
  const [kind, id] = splitResource(required);
  return heldKind === kind && (heldId === '*' || heldId === id);
}

/** The kind and the id of a resource such as `chatbots/ID`. */
export function splitResource(resource: string): [kind: string, id: string] {
  const slash = resource.indexOf('/');
  return [resource.slice(0, slash), resource.slice(slash + 1)];
}
