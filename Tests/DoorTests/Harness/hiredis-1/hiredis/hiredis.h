#pragma once
// What the reader of Redis uses of hiredis, as 1.0 to 1.2 declare it: the table has doubles and truth values between those of
// 0.14, elements are counted in a size_t. Only to see that the reader builds with it.
#include <stddef.h>

#define HIREDIS_MAJOR 1
#define REDIS_OK 0
#define REDIS_REPLY_STRING 1
#define REDIS_REPLY_ARRAY 2
#define REDIS_REPLY_INTEGER 3
#define REDIS_REPLY_NIL 4
#define REDIS_REPLY_STATUS 5
#define REDIS_REPLY_ERROR 6

typedef struct redisReadTask {
    int type;
    long long elements;
    int idx;
    void *obj;
    struct redisReadTask *parent;
    void *privdata;
} redisReadTask;

typedef struct redisReplyObjectFunctions {
    void *(*createString)(const redisReadTask *, char *, size_t);
    void *(*createArray)(const redisReadTask *, size_t);
    void *(*createInteger)(const redisReadTask *, long long);
    void *(*createDouble)(const redisReadTask *, double, char *, size_t);
    void *(*createNil)(const redisReadTask *);
    void *(*createBool)(const redisReadTask *, int);
    void (*freeObject)(void *);
} redisReplyObjectFunctions;

typedef struct redisReader {
    int err;
    char errstr[128];
    char *buf;
    size_t pos, len, maxbuf;
    long long maxelements;
    redisReadTask **task;
    int tasks;
    int ridx;
    void *reply;
    redisReplyObjectFunctions *fn;
    void *privdata;
} redisReader;

typedef struct redisContext {
    int err;
    char errstr[128];
    int fd;
} redisContext;

redisReader *redisReaderCreateWithFunctions(redisReplyObjectFunctions *);
void redisReaderFree(redisReader *);
int redisReaderFeed(redisReader *, const char *, size_t);
int redisReaderGetReply(redisReader *, void **);
redisContext *redisConnectNonBlock(const char *, int);
redisContext *redisConnectUnixNonBlock(const char *);
void redisFree(redisContext *);
