import type {Rule, Rules} from './honoured-rule.js'

/**
 * Every key of the Compose specification, and what becomes of it here: honoured, skipped for a stated reason, or refused
 * with what to do instead. A key that is in no table is refused as well: nothing is ignored in silence.
 */
import {BUILD, DEPLOY, DEVICE_REQUEST} from './honoured-deploy.js'

const BY_COMPOSE = {skip: 'docker compose has already resolved it'}
const WINDOWS = {refuse: 'It exists on Windows engines only: take it out.'}
const SWARM_FILE = {refuse: 'It needs Docker Swarm: give the file with file:, environment: or content: instead.'}

const HEALTHCHECK: Rules = {
  disable: true,
  interval: true,
  retries: true,
  start_interval: true,
  start_period: true,
  test: true,
  timeout: true,
}

const RATES: Rule = {each: {keys: {path: true, rate: true}}}

const NETWORK_OF_SERVICE: Rules = {
  aliases: true,
  driver_opts: true,
  gw_priority: true,
  interface_name: true,
  ipv4_address: true,
  ipv6_address: true,
  link_local_ips: true,
  mac_address: true,
  priority: true,
}

const PORT: Rules = {
  app_protocol: {skip: 'it is a hint for platforms that route by it; x-stackctl.route.mode says it here'},
  host_ip: true,
  mode: {skip: 'both modes publish on the host: there is no ingress network outside Swarm'},
  name: {skip: 'it is a name for people'},
  protocol: true,
  published: true,
  target: true,
}

const VOLUME_OF_SERVICE: Rules = {
  bind: {keys: {create_host_path: true, propagation: true, recursive: true, selinux: true}},
  consistency: true,
  image: {keys: {subpath: true}},
  read_only: true,
  source: true,
  target: true,
  tmpfs: {keys: {mode: true, size: true}},
  type: {
    values: ['bind', 'volume', 'tmpfs', 'image'],
    refuse: 'Use a volume, a bind or a tmpfs: the other types exist on Windows or Swarm only.',
  },
  volume: {keys: {labels: true, nocopy: true, subpath: true}},
}

const FILE_OF_SERVICE: Rule = {each: {keys: {gid: true, mode: true, source: true, target: true, uid: true}}}

const HONOURED_SERVICE_KEYS = `
  annotations cap_add cap_drop cgroup cgroup_parent command container_name cpu_count cpu_percent cpu_period cpu_quota
  cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset device_cgroup_rules dns dns_opt dns_search domainname entrypoint
  environment expose external_links extra_hosts group_add hostname image init ipc isolation labels links mac_address
  mem_limit mem_reservation mem_swappiness memswap_limit network_mode oom_kill_disable oom_score_adj pid pids_limit
  platform privileged profiles pull_policy read_only restart runtime scale security_opt shm_size stdin_open
  stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits user userns_mode uts volumes_from working_dir
`

export const SERVICE: Rules = {
  ...Object.fromEntries(
    HONOURED_SERVICE_KEYS.trim()
      .split(/\s+/)
      .map((key) => [key, true]),
  ),
  attach: {skip: 'it is about the terminal of docker compose up'},
  blkio_config: {
    keys: {
      device_read_bps: RATES,
      device_read_iops: RATES,
      device_write_bps: RATES,
      device_write_iops: RATES,
      weight: true,
      weight_device: {each: {keys: {path: true, weight: true}}},
    },
  },
  build: {keys: BUILD},
  configs: FILE_OF_SERVICE,
  credential_spec: WINDOWS,
  depends_on: {each: {keys: {condition: true, required: true, restart: true}}},
  deploy: {keys: DEPLOY},
  develop: {skip: 'it is about docker compose watch'},
  devices: {each: {keys: {permissions: true, source: true, target: true}}},
  env_file: BY_COMPOSE,
  extends: BY_COMPOSE,
  gpus: {each: {keys: DEVICE_REQUEST}},
  healthcheck: {keys: HEALTHCHECK},
  label_file: BY_COMPOSE,
  logging: {keys: {driver: true, options: true}},
  models: {refuse: 'Language models are started by docker compose only: run the model as a service.'},
  networks: {each: {keys: NETWORK_OF_SERVICE}},
  ports: {each: {keys: PORT}},
  post_start: {refuse: 'Do it in the entrypoint of the image, or in a job (x-stackctl.job: pre-deploy).'},
  pre_start: {refuse: 'Make it a service of its own with x-stackctl.job: pre-deploy.'},
  pre_stop: {refuse: 'Do it in the handler of the stop signal (stop_signal, stop_grace_period).'},
  provider: {refuse: 'Services of a provider are started by docker compose only: take it out.'},
  pull_refresh_after: {skip: 'images are asked for at every deploy, which is more often'},
  secrets: FILE_OF_SERVICE,
  use_api_socket: {refuse: 'Bind the socket of the engine as a volume, where that much power is meant.'},
  volumes: {each: {keys: VOLUME_OF_SERVICE}},
}

const NETWORK: Rules = {
  attachable: true,
  driver: true,
  driver_opts: true,
  enable_ipv4: true,
  enable_ipv6: true,
  external: true,
  internal: true,
  ipam: {
    keys: {
      config: {each: {keys: {aux_addresses: true, gateway: true, ip_range: true, subnet: true}}},
      driver: true,
      options: true,
    },
  },
  labels: true,
  name: true,
}

const VOLUME: Rules = {driver: true, driver_opts: true, external: true, labels: true, name: true}

const FILE: Rules = {
  content: true,
  driver: SWARM_FILE,
  driver_opts: SWARM_FILE,
  environment: true,
  external: SWARM_FILE,
  file: true,
  labels: {skip: 'labels of configs and secrets are kept by Swarm only'},
  name: {skip: 'it is a name at Swarm; files are known by their key here'},
  template_driver: SWARM_FILE,
}

/** The whole project. */
export const PROJECT: Rules = {
  configs: {each: {keys: FILE}},
  include: BY_COMPOSE,
  models: {refuse: 'Language models are started by docker compose only: run the model as a service.'},
  name: true,
  networks: {each: {keys: NETWORK}},
  secrets: {each: {keys: FILE}},
  services: {each: {keys: SERVICE}},
  version: {skip: 'obsolete, and without meaning'},
  volumes: {each: {keys: VOLUME}},
}
