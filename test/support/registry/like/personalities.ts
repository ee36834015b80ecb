import type { Personality } from './personality.ts'
import type { PersonalityName } from './personality-name.ts'
import { DISTRIBUTION, DOCKER_REGISTRY } from './distribution.ts'
import { ECR, GHCR } from './hosted.ts'
import { HARBOR } from './harbor.ts'
import { ZOT } from './zot.ts'

export const PERSONALITIES = {
  distribution: DISTRIBUTION,
  'docker-registry': DOCKER_REGISTRY,
  ecr: ECR,
  ghcr: GHCR,
  harbor: HARBOR,
  zot: ZOT,
} as const satisfies Readonly<Record<PersonalityName, Personality>>

export const personalityOf = (name: PersonalityName | undefined): Personality =>
  name === undefined ? { switches: {} } : PERSONALITIES[name]
