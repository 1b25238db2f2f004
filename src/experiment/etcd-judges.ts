/** The judges of etcd's recordings, for the command line, which opens no room of the cluster by itself. */
export {
  type Judgement,
  judgeHistory,
  playSequence,
  type RecordedHistory,
  type RecordedSequence,
  readHistory,
  readSequence,
  ServerGroup,
  SingleServer,
  type Subject,
  topologyMistake,
  VectorError,
} from '#etcd';
