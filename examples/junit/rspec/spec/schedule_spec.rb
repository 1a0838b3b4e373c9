# frozen_string_literal: true

Interval = Struct.new(:start_h, :end_h) do
  def overlaps?(other)
    start_h < other.end_h && other.start_h < end_h
  end
end

RSpec.describe 'Schedule' do
  it 'refuses overlapping intervals' do
    expect(Interval.new(8, 12)).to be_overlaps(Interval.new(11, 13))
  end

  [[0, 8], [8, 16], [16, 24]].each do |start_h, end_h|
    it "runs from #{start_h} to #{end_h}" do
      expect(end_h - start_h).to eq(8)
    end
  end

  it 'ends at midnight' do
    expect(Interval.new(16, 25).end_h).to be <= 24
  end

  it 'follows daylight saving time', skip: 'comes with 2.5'
end
