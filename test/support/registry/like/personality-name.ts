/** The registries that are imitated. */
export type PersonalityName = 'distribution' | 'docker-registry' | 'ecr' | 'ghcr' | 'harbor' | 'zot'
