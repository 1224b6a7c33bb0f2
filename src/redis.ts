// door: re-exports only. `device-trust/redis`.

export { createRedisReplayStore, createRedisStores } from './stores/redis/redis-stores.js';
export type { RedisStores, RedisStoresOptions } from './stores/redis/redis-stores.js';
export { createRedisChangeFeed } from './stores/redis/redis-change-feed.js';
export type { RedisChangeFeed, RedisChangeFeedOptions } from './stores/redis/redis-change-feed.js';
export type { RedisOptions } from './stores/redis/redis-options.js';
export type { RedisClient, RedisSubscriber } from './stores/redis/redis-client.js';
export type { Appendfsync } from './stores/redis/durability.js';
