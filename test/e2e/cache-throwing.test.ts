import { cacheConformance } from './cache-conformance.js';

cacheConformance('a cache that throws', 'throws');
