import { cacheConformance } from './cache-conformance.js';

cacheConformance('a cache as it is', undefined);
