// docs/kubernetes.yaml, held to the Pod Security Standard "restricted" and to what the image and the settings are.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { resolveSettings } from '../src/config.ts';

// biome-ignore lint/suspicious/noExplicitAny: a manifest, whose shape is what is looked at
type Manifest = any;
const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const manifests: Manifest[] = parseAllDocuments(read('docs/kubernetes.yaml')).map((document) => document.toJS());
const only = (kind: string): Manifest => {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} of ${kind}`);
  return found[0];
};
const pod = only('StatefulSet').spec.template.spec;

/**
 * What "restricted" refuses, which contains all of "baseline". By
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
function refusedByRestricted(spec: Manifest): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const volumes = [
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ];
  const seccomp = ['RuntimeDefault', 'Localhost'];
  const refused: [rule: string, isRefused: boolean][] = [
    ['host namespaces', Boolean(spec.hostNetwork || spec.hostPID || spec.hostIPC)],
    ['sysctls', (spec.securityContext?.sysctls ?? []).length > 0],
    ['runAsUser 0', [spec, ...containers].some(({ securityContext }) => securityContext?.runAsUser === 0)],
    [
      'volume types',
      (spec.volumes ?? []).some(
        (volume: Manifest) => !Object.keys(volume).every((key) => key === 'name' || volumes.includes(key)),
      ),
    ],
    ...containers.flatMap(({ name, securityContext: own = {}, ports = [] }): [string, boolean][] => [
      [`${name}: privileged`, own.privileged === true],
      [`${name}: host port`, ports.some((port: Manifest) => port.hostPort)],
      [`${name}: proc mount`, ![undefined, 'Default'].includes(own.procMount)],
      [`${name}: privilege escalation`, own.allowPrivilegeEscalation !== false],
      [`${name}: root`, (own.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true],
      [`${name}: seccomp`, !seccomp.includes((own.seccompProfile ?? spec.securityContext?.seccompProfile)?.type)],
      [`${name}: capabilities dropped`, !own.capabilities?.drop?.includes('ALL')],
      [
        `${name}: capabilities added`,
        (own.capabilities?.add ?? []).some((added: string) => added !== 'NET_BIND_SERVICE'),
      ],
    ]),
  ];
  return refused.filter(([, isRefused]) => isRefused).map(([rule]) => rule);
}

t.test('the pod passes the Pod Security Standard that its namespace enforces', (t) => {
  t.equal(only('Namespace').metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted');
  t.same(refusedByRestricted(pod), []);
  const bare = { containers: [{ name: 'x' }], hostNetwork: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] };
  t.same(
    refusedByRestricted(bare),
    ['host namespaces', 'volume types', 'x: privilege escalation', 'x: root', 'x: seccomp', 'x: capabilities dropped'],
    'the check itself finds what is wrong',
  );
  t.end();
});

t.test('what it sets are settings, and their times fit into the time that Kubernetes gives', (t) => {
  const [container] = pod.containers;
  const given = container.env.map(({ name, value }: { name: string; value: string }) => [name, value]);
  const settings = resolveSettings({ environment: { ...only('Secret').stringData, ...Object.fromEntries(given) } });
  t.ok(settings.shutdownDelay + settings.shutdownGrace < pod.terminationGracePeriodSeconds * 1000);
  t.equal(pod.enableServiceLinks, false);
  t.end();
});

t.test('it says of the image what the image says of itself', (t) => {
  const dockerfile = read('docker/Dockerfile');
  const [container] = pod.containers;
  const port = Number(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]);
  t.equal(container.ports[0].containerPort, port);
  t.equal(only('Service').spec.ports[0].port, port);
  const { runAsUser, runAsGroup } = pod.securityContext;
  t.match(dockerfile, new RegExp(`^USER ${runAsUser}:${runAsGroup}$`, 'm'));
  const mounts = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
  t.same(mounts, ['/data', '/fixtures']);
  for (const mount of mounts)
    t.match(dockerfile, new RegExp(`^ENV (.*\\\\\n.*)*STUB_(DATABASE|FIXTURES)=${mount}`, 'm'));
  const { version } = JSON.parse(read('package.json'));
  t.equal(container.image, `chatcaptain-stub:${version}`);
  t.end();
});

t.test('its parts belong together', (t) => {
  const name = 'chatcaptain-stub';
  for (const { kind, metadata } of manifests) if (kind !== 'Namespace') t.equal(metadata.namespace, name, kind);
  const labels = { 'app.kubernetes.io/name': name };
  t.same(only('Service').spec.selector, labels);
  t.same(only('StatefulSet').spec.selector.matchLabels, labels);
  t.match(only('StatefulSet').spec.template.metadata.labels, labels);
  t.equal(only('StatefulSet').spec.replicas, 1, 'a database has one server');
  t.equal(pod.containers[0].envFrom[0].secretRef.name, only('Secret').metadata.name);
  t.equal(pod.volumes[0].configMap.name, only('ConfigMap').metadata.name);
  t.equal(only('StatefulSet').spec.volumeClaimTemplates[0].metadata.name, 'data');
  t.end();
});
