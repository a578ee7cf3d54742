/** The labels of docker compose, as version 2 writes them: `docker compose ps` and `logs` show our containers by them. */
import type {NetworkSpec, Service, Stack, VolumeSpec} from './model.js'

const PREFIX = 'com.docker.compose'

/** Written where the version of docker compose is not known. */
const FALLBACK_VERSION = '2.26.0'

export interface ComposeLabelFacts {
  readonly number: number
  readonly oneoff: boolean
  readonly configHash: string
  readonly imageId: string
}

/** The labels of one container. */
export function composeLabels(stack: Stack, service: Service, facts: ComposeLabelFacts): Record<string, string> {
  return {
    [`${PREFIX}.project`]: stack.project,
    [`${PREFIX}.service`]: service.name,
    [`${PREFIX}.container-number`]: String(facts.number),
    [`${PREFIX}.oneoff`]: facts.oneoff ? 'True' : 'False',
    [`${PREFIX}.config-hash`]: facts.configHash,
    [`${PREFIX}.image`]: facts.imageId,
    [`${PREFIX}.depends_on`]: dependsOn(service),
    [`${PREFIX}.project.config_files`]: stack.files.join(','),
    [`${PREFIX}.project.working_dir`]: stack.directory,
    ...(stack.envFile === undefined ? {} : {[`${PREFIX}.project.environment_file`]: stack.envFile}),
    [`${PREFIX}.version`]: versionOf(stack),
  }
}

export function networkLabels(stack: Stack, {key}: NetworkSpec): Record<string, string> {
  return {[`${PREFIX}.network`]: key, [`${PREFIX}.project`]: stack.project, [`${PREFIX}.version`]: versionOf(stack)}
}

export function volumeLabels(stack: Stack, {key}: VolumeSpec): Record<string, string> {
  return {[`${PREFIX}.volume`]: key, [`${PREFIX}.project`]: stack.project, [`${PREFIX}.version`]: versionOf(stack)}
}

function versionOf({composeVersion}: Stack): string {
  return composeVersion ?? FALLBACK_VERSION
}

function dependsOn({dependsOn: dependencies}: Service): string {
  return dependencies.map(({service, condition, restart}) => `${service}:${condition}:${restart}`).join(',')
}
