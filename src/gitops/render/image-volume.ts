import { formatImage } from './kubernetes.ts'
import type { RenderTarget } from './target.ts'

/**
 * The part of a pod template that mounts the module as a file, for a program of the user's that runs it.
 * https://kubernetes.io/docs/tasks/configure-pod-container/image-volumes/
 */
export const IMAGE_VOLUME_TARGET: RenderTarget = {
  name: 'image-volume',
  // Of the other forms containerd mounts an empty directory, and the pod runs.
  forms: ['image'],
  profile: 'image',
  options: ['pullSecret'],
  render: ({ reference, options }) => ({
    kind: 'template',
    template: {
      spec: {
        ...(options.pullSecret === undefined ? {} : { imagePullSecrets: [{ name: options.pullSecret }] }),
        containers: [
          { name: options.name, volumeMounts: [{ name: options.name, mountPath: '/wasm', readOnly: true }] },
        ],
        volumes: [
          { name: options.name, image: { reference: formatImage(reference), pullPolicy: 'IfNotPresent' } },
        ],
      },
    },
  }),
  keep: () => ({}),
}
